"""What makes itself again when something it is made from changed: the tables that are cheap to build."""

import dagster as dg

# Scores, snapshots and backtests cost minutes and stand for a time: they run by the clock or on demand.
CHEAP_GROUPS = ("staging", "intermediate", "marts")

# eager() asks for a table once per change of what it is made from, never while that or itself is being made; it does
# not ask again after a failure until the next change, so a table that cannot be built does not fail for ever.
WHEN_INPUTS_CHANGE = (
    dg.AutomationCondition.eager() & dg.AutomationCondition.all_deps_blocking_checks_passed()
).with_label("inputs changed and passed their checks")

marts_automation = dg.AutomationConditionSensorDefinition(
    "marts_automation",
    target=dg.AssetSelection.groups(*CHEAP_GROUPS),
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=30,
    run_tags={"copytrade/kind": "models"},
    description="Builds SQL models again after something outside the usual jobs changed what they are made from.",
)


def automate(spec: dg.AssetSpec) -> dg.AssetSpec:
    """A spec with the condition of its group."""
    if spec.group_name not in CHEAP_GROUPS:
        return spec
    return spec.replace_attributes(automation_condition=WHEN_INPUTS_CHANGE)
