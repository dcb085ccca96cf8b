import { figure } from "../../format/numbers";
import { title } from "../../format/texts";
import { Stat } from "../../parts/Stat";
import css from "./Backtests.module.css";
import { NUMBERS, ordered } from "./summaryNumbers";

/** A summary's numbers by name; those that were not measured are left out. */
export function SummaryNumbers({ numbers }: { numbers: Readonly<Record<string, number | null>> }) {
  const names = ordered(Object.keys(numbers)).filter((name) => numbers[name] !== null);
  return (
    <dl className={css["numbers"]}>
      {names.map((name) => {
        const shown = NUMBERS[name];
        return (
          <Stat key={name} name={shown?.name ?? title(name)} value={(shown?.show ?? figure)(numbers[name])} />
        );
      })}
    </dl>
  );
}
