"""批量任务: long work somebody asked for, done a slice at a time, with its progress to look at."""
