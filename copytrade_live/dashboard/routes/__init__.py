"""The API's routes, each with its policy; what they give is made in views."""
