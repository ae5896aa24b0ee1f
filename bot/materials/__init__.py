"""素材: pictures, recordings, films and articles of ours, and where WeChat has them."""
