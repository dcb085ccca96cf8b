import type { Overview } from "../api/types";
import { Tag, type Tone } from "../parts/Tag";

/** Whether copying is on, in a word. */
export function copyingState(overview: Overview): { word: string; tone: Tone } {
  if (overview.trading === "none" || !overview.runner.is_alive) return { word: "Runner down", tone: "bad" };
  if (overview.trading === "halted") return { word: "All stopped", tone: "bad" };
  if (overview.halts.length > 0) return { word: "Halted", tone: "bad" };
  if (!overview.entries_allowed) return { word: "Not copying", tone: "warn" };
  return { word: "Copying", tone: "good" };
}

/** The same as a tag. */
export function StateTag({ overview }: { overview: Overview }) {
  const { word, tone } = copyingState(overview);
  return <Tag tone={tone}>{word}</Tag>;
}
