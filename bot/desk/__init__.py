"""客服: the agents who talk to travellers in WeChat's service desk."""
