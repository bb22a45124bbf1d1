"""One week from files to folder, in the order a person would tell it."""

from corridors.pipeline.week import check_area, plan_week, score_week

__all__ = ["check_area", "plan_week", "score_week"]
