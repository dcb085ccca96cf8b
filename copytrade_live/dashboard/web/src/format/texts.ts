/* eslint-disable no-control-regex -- control characters are what is looked for */
// Text of strangers must not turn the writing around it, hide what it is, or break a line.
const HIDDEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** A title or a name from the venue, without what would deceive a reader. */
export function foreign(text: string | null | undefined, otherwise = ""): string {
  const clean = (text ?? "").replace(HIDDEN, " ").replace(/\s+/g, " ").trim();
  return clean === "" ? otherwise : clean;
}

/** "0x12ab…9f3c": enough of a wallet or an id to tell it from others. */
export function shortId(id: string | null | undefined, head = 6, tail = 4): string {
  const clean = foreign(id);
  const end = tail === 0 ? "" : clean.slice(-tail);
  return clean.length <= head + tail + 1 ? clean : `${clean.slice(0, head)}…${end}`;
}

/** A word of the wire as people read it: "gate_closed" becomes "gate closed"; the score's own p_pos stays. */
export function words(wire: string | null | undefined): string {
  return foreign(wire)
    .replaceAll("_", " ")
    .replace(/\bp pos\b/, "p_pos");
}

/** The same with a capital. */
export function title(wire: string | null | undefined): string {
  const text = words(wire);
  return text.charAt(0).toUpperCase() + text.slice(1);
}
