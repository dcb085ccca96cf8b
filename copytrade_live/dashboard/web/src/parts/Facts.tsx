import { Fragment, type ReactNode } from "react";
import css from "./Facts.module.css";

/** Names and values in two columns. */
export function Facts({ rows }: { rows: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className={css["facts"]}>
      {rows.map(([name, value], place) => (
        <Fragment key={`${name} ${place}`}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
