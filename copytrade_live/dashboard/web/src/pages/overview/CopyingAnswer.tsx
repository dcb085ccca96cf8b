import { Link } from "@tanstack/react-router";
import type { Overview } from "../../api/types";
import { against } from "../../format/measures";
import { count } from "../../format/numbers";
import { ago } from "../../format/times";
import { Answer } from "./Answer";
import css from "./OverviewPage.module.css";

const CLASS = { good: "gain", bad: "loss", warn: "warn" } as const;
const SHOWN = 3;

/** Whether the next good signal would be copied, everything that forbids it, and what is late, fails or soon ends. */
export function CopyingAnswer({ overview }: { overview: Overview }) {
  const { title, level } = overview.headline;
  const reasons = whyNot(overview);
  return (
    <Answer question="Is copying on?" answer={<span className={CLASS[level]}>{title}</span>} tone={level}>
      {reasons.length === 0 ? (
        <p className="dim">
          {overview.mode === "live" ? "With real money. " : "On paper, no real money moves. "}
          {overview.counts.leaders_followed !== null &&
            `${count(overview.counts.leaders_followed, "leader")} followed, `}
          gate expires {ago(overview.gate.valid_until, overview.now_at)}.
        </p>
      ) : (
        <ul className={css["lines"]}>
          {reasons.slice(0, SHOWN).map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
          {reasons.length > SHOWN && <li className="dim">and {reasons.length - SHOWN} more</li>}
        </ul>
      )}
      {overview.halts.length > 0 && <Link to="/controls">Allow entries again in Controls</Link>}
    </Answer>
  );
}

function whyNot(overview: Overview): string[] {
  if (!overview.runner.is_alive)
    return ["The runner's process is not there. Start it: copytrade up, or copytrade run."];
  const refusals = overview.stopped_by.map((one) => {
    const numbers = against(one);
    return numbers === "" ? one.summary : `${one.summary} ${numbers}.`;
  });
  const halts = overview.halts.map((halt) => halt.summary);
  return [...new Set([...halts, ...refusals, ...overview.headline.concerns])];
}
