import type { Overview } from "../api/types";
import { Tag } from "../parts/Tag";

/** Whether copying is on, in a word: the server's, which is never better than what speaks against it. */
export function StateTag({ overview }: { overview: Overview }) {
  const { title, level, concerns } = overview.headline;
  return (
    <Tag tone={level} title={concerns.join("; ") || undefined}>
      {title}
    </Tag>
  );
}
