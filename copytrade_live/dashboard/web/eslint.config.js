import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

// What no page may do: write markup from a string, or leave React's escaping.
const forbidden = [
  {
    selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
    message: "Titles and names are hostile: let React escape them.",
  },
  {
    selector: "MemberExpression[property.name=/^(innerHTML|outerHTML|insertAdjacentHTML)$/]",
    message: "No markup from strings.",
  },
  {
    selector: "MemberExpression[object.name='document'][property.name=/^(write|cookie)$/]",
    message: "No markup from strings; the session's cookie is the server's alone.",
  },
];

export default tseslint.config(
  { ignores: ["dist", "node_modules", "src/api/schema.ts"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  a11y.flatConfigs.strict,
  hooks.configs.flat["recommended-latest"],
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["eslint.config.js"] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      "no-restricted-syntax": ["error", ...forbidden],
      "no-console": "error",
      eqeqeq: ["error", "always", { null: "ignore" }],
      "max-lines": ["error", { max: 200, skipBlankLines: true, skipComments: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/only-throw-error": "off", // routers throw redirects
    },
  },
  { files: ["eslint.config.js"], ...tseslint.configs.disableTypeChecked },
);
