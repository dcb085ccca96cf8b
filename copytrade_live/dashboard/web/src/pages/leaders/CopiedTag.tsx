import { Tooltip } from "@mantine/core";
import type { Leader } from "../../api/types";
import { against } from "../../format/measures";
import { words } from "../../format/texts";
import { Tag } from "../../parts/Tag";

/** Whether a leader's next fill would be copied, and what refuses it. */
export function CopiedTag({ leader }: { leader: Leader }) {
  if (leader.cut_off) return <Tag tone="bad">cut off</Tag>;
  const first = leader.refusals[0];
  if (leader.copied === "yes") return <Tag tone="good">copied</Tag>;
  if (leader.copied === "probation") return <Tag tone="accent">least stake</Tag>;
  if (first === undefined) return <Tag>not copied</Tag>;
  const all = leader.refusals.map((one) => `${one.summary} ${against(one)}`.trim()).join(" ");
  return (
    <Tooltip label={all}>
      <span>
        <Tag tone="warn">{words(first.reason)}</Tag>
      </span>
    </Tooltip>
  );
}
