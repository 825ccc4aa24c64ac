/** Imported first: zod would compile its parsers with `new Function`, which the content security policy forbids. */
import { z } from 'zod';

z.config({ jitless: true });
