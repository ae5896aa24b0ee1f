"""What a person sees of the simulator in a browser: the phone, the service desk, the control room."""
