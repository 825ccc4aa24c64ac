/** Owns a named group of settings in the form of a generation: its parameters, and what is laid out around them by hand. */
import type { ReactNode } from 'react';
import { ParamFields, type ParamFieldsProps } from '../ui/param-fields.tsx';

interface Props {
  title: string;
  fields: ParamFieldsProps;
  /** Above the parameters. */
  before?: ReactNode;
  beside?: ReactNode;
  after?: ReactNode;
}

export function Group({ title, fields, before, beside, after }: Props) {
  return (
    <fieldset className="form-group">
      <legend>{title}</legend>
      {before}
      {beside ? (
        <div className="difficulty-fields">
          <ParamFields {...fields} />
          {beside}
        </div>
      ) : (
        <ParamFields {...fields} />
      )}
      {after}
    </fieldset>
  );
}
