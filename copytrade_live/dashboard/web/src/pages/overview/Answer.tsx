import { useId, type ReactNode } from "react";
import css from "./OverviewPage.module.css";

interface Props {
  question: string;
  tone?: "good" | "bad" | "warn";
  answer: ReactNode;
  children?: ReactNode;
}

/** One question of an operator and its answer, large. */
export function Answer({ question, tone, answer, children }: Props) {
  const id = useId();
  const toned = tone === undefined ? "" : (css[tone] ?? "");
  return (
    <section className={`${css["answer"] ?? ""} ${toned}`} aria-labelledby={id}>
      <h2 id={id}>{question}</h2>
      <div className={css["big"]}>{answer}</div>
      {children}
    </section>
  );
}
