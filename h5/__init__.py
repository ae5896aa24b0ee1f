"""Pages inside WeChat (docs/h5.md). Server-rendered; a traveller is signed in through OAuth."""
