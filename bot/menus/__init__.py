"""菜单: the buttons under the conversation."""
