"""Diagnosis: a task's views, or a person's own data -> feature maps -> verdicts on assumptions."""
