/** A message that cannot be taken. `message` is answered, and holds no patient data. */
export class MessageFault extends Error {
  /** HL7 table 0008: AR when it is not for us or not to be read, AE when its content is at fault. */
  readonly answer: 'AE' | 'AR';

  constructor(answer: 'AE' | 'AR', message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MessageFault';
    this.answer = answer;
  }
}
