import type { ReactNode } from "react";
import { foreign, shortId } from "../format/texts";
import css from "./Market.module.css";

interface Props {
  title: string;
  conditionId: string;
  outcome: string;
  /** What stands beside the outcome. */
  more?: ReactNode;
}

/** A market by its question, and one of its outcomes. Both are strangers' text. */
export function Market({ title, conditionId, outcome, more }: Props) {
  const name = marketName(title, conditionId);
  return (
    <span className={css["name"]}>
      <span className={css["title"]} title={name}>
        {name}
      </span>
      <span className={css["outcome"]}>
        {foreign(outcome, "unnamed outcome")}
        {more !== undefined && <> · {more}</>}
      </span>
    </span>
  );
}

/** The question, or the market's id where it is not known. */
export function marketName(title: string, conditionId: string): string {
  return foreign(title, `Market ${shortId(conditionId)}`);
}
