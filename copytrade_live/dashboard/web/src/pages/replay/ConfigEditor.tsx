import css from "./ReplayPage.module.css";

interface Props {
  label: string;
  value: string;
  onChange: (text: string) => void;
}

/** A config file as text. */
export function ConfigEditor({ label, value, onChange }: Props) {
  return (
    <textarea
      className={css["editor"]}
      aria-label={label}
      spellCheck={false}
      autoCapitalize="off"
      autoCorrect="off"
      value={value}
      onChange={(event) => {
        onChange(event.currentTarget.value);
      }}
    />
  );
}

/** What is wrong with a config, one line a mistake. */
export function Mistakes({ errors }: { errors: readonly string[] }) {
  return (
    <ul className={css["errors"]} role="alert">
      {errors.map((error) => (
        <li key={error}>{error}</li>
      ))}
    </ul>
  );
}
