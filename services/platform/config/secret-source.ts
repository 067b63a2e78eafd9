import { z } from 'zod';

/** Where a secret is: in a file, or in an environment variable. Never in the configuration itself. */
export const secretSource = z
  .strictObject({
    /** A file that holds nothing else; space around it is left out. */
    file: z.string().min(1).optional(),
    /** The name of an environment variable. */
    variable: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable')
      .refine((name) => !name.startsWith('RADTRIAGE_'), 'RADTRIAGE_... are settings, no secrets')
      .optional(),
  })
  .refine(({ file, variable }) => (file === undefined) !== (variable === undefined), {
    message: 'either file or variable',
  });

export type SecretSource = z.output<typeof secretSource>;
