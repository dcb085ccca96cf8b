import { useId, type ReactNode } from "react";
import css from "./Panel.module.css";

interface Props {
  title: string;
  note?: ReactNode;
  actions?: ReactNode;
  /** Without padding, for tables. */
  isFlush?: boolean;
  children?: ReactNode;
}

/** A titled part of a page. */
export function Panel({ title, note, actions, isFlush = false, children }: Props) {
  const id = useId();
  return (
    <section
      className={isFlush ? `${css["panel"] ?? ""} ${css["flush"] ?? ""}` : css["panel"]}
      aria-labelledby={id}
    >
      <header className={css["head"]}>
        <div>
          <h2 id={id}>{title}</h2>
          {note !== undefined && <div className={css["note"]}>{note}</div>}
        </div>
        {actions}
      </header>
      {children === undefined || children === false || children === null ? (
        <div className={css["foot"]} />
      ) : (
        <div className={css["body"]}>{children}</div>
      )}
    </section>
  );
}
