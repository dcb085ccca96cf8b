import { Tooltip } from "@mantine/core";
import { useMeaning, type Kind } from "../api/useMeaning";
import { words } from "../format/texts";
import css from "./Word.module.css";

interface Props {
  kind: Kind;
  word: string | null | undefined;
  /** How it is written here, where not as it is in the middle of a sentence. */
  as?: (word: string) => string;
}

const EVENTS = { hover: true, focus: true, touch: true };

/** A word of the wire, with its sentence for whoever points at it or touches it. */
export function Word({ kind, word, as = words }: Props) {
  const meaning = useMeaning(kind, word);
  const shown = as(word ?? "");
  if (meaning === undefined) return <>{shown}</>;
  return (
    <Tooltip label={meaning} events={EVENTS}>
      <span className={css["explained"]}>{shown}</span>
    </Tooltip>
  );
}
