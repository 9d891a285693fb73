"""What a person types and sees: parse, call, view. Views are pure (value to text, Markdown, JSON)."""
