"""Predictive models behind the estimators: what estimates p(y given x), cross-fitted."""
