"""What targets there are, known before anything of ours is imported: atheris has to see it being imported."""

NAMES = (
    "webhook", "envelope", "message", "answer", "receipt", "rules", "ladder", "segment", "template", "sheet", "picture",
    "recording", "words",
)  # fmt: skip
