"""批量打标签: a tag on many fans, in slices, within the scope of whoever asked."""
