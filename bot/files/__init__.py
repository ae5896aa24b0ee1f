"""文件: what people upload and what jobs make for them, kept in the database so that every host has it."""
