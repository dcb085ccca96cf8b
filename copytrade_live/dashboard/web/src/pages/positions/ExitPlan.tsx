import { Tooltip } from "@mantine/core";
import type { Schemas } from "../../api/types";
import { cents, percent } from "../../format/numbers";
import { words } from "../../format/texts";
import { ago, type Instant } from "../../format/times";
import { Tag } from "../../parts/Tag";
import css from "./PositionsPage.module.css";

/** What would sell a position. The nearest rule stands out. */
export function ExitPlan({ plan, now }: { plan: readonly Schemas["ExitPlan"][]; now: Instant }) {
  if (plan.length === 0) return <span className="dim">holds to the resolution</span>;
  return (
    <span className={css["plan"]}>
      {plan.filter(isShown).map((rule) => (
        <Tooltip key={rule.reason} label={explained(rule)}>
          <span>
            <Tag tone={isNear(rule) ? "warn" : "plain"}>{short(rule, now)}</Tag>
          </span>
        </Tooltip>
      ))}
    </span>
  );
}

const NEAR = 0.05;

function isShown(rule: Schemas["ExitPlan"]): boolean {
  return !ELSEWHERE.has(rule.reason);
}

function isNear(rule: Schemas["ExitPlan"]): boolean {
  return rule.distance !== null && Math.abs(rule.distance) < NEAR;
}

// What is in the table's own column needs no second place.
const ELSEWHERE = new Set<string>(["resolution"]);

function short(rule: Schemas["ExitPlan"], now: Instant): string {
  if (rule.reason === "mirror") return "mirror";
  if (rule.level !== null) return `${words(rule.reason)} ${cents(rule.level)}`;
  if (rule.at !== null) return `${words(rule.reason)} ${ago(rule.at, now)}`;
  return words(rule.reason);
}

function explained(rule: Schemas["ExitPlan"]): string {
  return rule.distance === null ? rule.summary : `${rule.summary} ${percent(Math.abs(rule.distance))} away.`;
}
