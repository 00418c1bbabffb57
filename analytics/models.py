"""Tables of analytics: none yet beside the sealed rows of `privacy.vault`, which hold buckets and events alike."""
