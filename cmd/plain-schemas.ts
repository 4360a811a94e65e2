// Imported before any schema is made: zod then compiles no code for them, which takes every start longer than it saves later.
import { config } from "zod";

config({ jitless: true });
