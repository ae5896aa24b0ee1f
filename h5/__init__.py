"""Pages inside WeChat (design §1). Server-rendered; the first arrive with binding."""
