import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// Where copytrade dashboard listens while npm run dev serves the sources; it must allow this server's origin.
const API = "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    // The content security policy allows files of ours alone: nothing is inlined as a data address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    // A test measures the first load instead.
    chunkSizeWarningLimit: 600,
  },
  server: { proxy: { "/api": API } },
  test: { environment: "jsdom", include: ["tests/**/*.test.{ts,tsx}"], setupFiles: ["tests/setup.ts"] },
});
