"""One file or folder for each command of `edge-matting`. Nothing else imports from here."""
