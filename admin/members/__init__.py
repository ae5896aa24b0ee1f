"""Members: who they are, what they agreed to, who is two, short messages, and lists that come in."""

from admin.members import importing, merging, people

# Its pages are three modules' on one blueprint; naming them here is what puts them there.
PAGES = (people, merging, importing)
