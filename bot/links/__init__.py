"""短链接: `/l/<token>` on our own host, which leads to one stored address and notes who opened it."""
