"""Every push WeChat ever made to us, each once, with what we answered."""
