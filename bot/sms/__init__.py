"""短信: one interface to several gateways (docs/decisions/0019-sms.md)."""
