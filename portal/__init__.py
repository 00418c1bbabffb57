"""The portal: HTTP in, HTML and JSON out. The only package that imports Flask."""
