import { count } from "../format/numbers";
import { title } from "../format/texts";
import { Meter } from "./Meter";
import { Empty } from "./States";
import { Word } from "./Word";
import css from "./CountBars.module.css";

/** Counts by reason to refuse, or another answer; the largest first. */
export function CountBars({ counts, what }: { counts: Readonly<Record<string, number>>; what: string }) {
  const rows = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const most = rows[0]?.[1] ?? 0;
  if (most === 0) return <Empty title={`No ${what}`} />;
  return (
    <div className={css["bars"]}>
      {rows.map(([name, often]) => (
        <Meter
          key={name}
          name={title(name)}
          shown={<Word kind="reject_reasons" word={name} as={title} />}
          used={often}
          limit={most}
          text={count(often, what)}
          isShare
        />
      ))}
    </div>
  );
}
