"""The trail, which is the record, and the spans, which are the view."""
