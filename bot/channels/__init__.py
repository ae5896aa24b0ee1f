"""渠道: parametric QR codes, and what a scan of one means."""
