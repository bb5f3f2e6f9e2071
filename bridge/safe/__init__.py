"""The multi-sigs of guardian and steward."""
