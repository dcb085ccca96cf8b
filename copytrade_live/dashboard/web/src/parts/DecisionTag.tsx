import type { Signal } from "../api/types";
import { words } from "../format/texts";
import { Tag } from "./Tag";

/** How a signal was answered, with the reason where it was refused. */
export function DecisionTag({ signal }: { signal: Pick<Signal, "decision" | "reason" | "summary"> }) {
  if (signal.decision === "copied") return <Tag tone="good">copied</Tag>;
  if (signal.decision === "mirrored") return <Tag tone="accent">sold with the leader</Tag>;
  return (
    <Tag tone="warn" title={signal.summary}>
      {words(signal.reason ?? signal.decision)}
    </Tag>
  );
}
