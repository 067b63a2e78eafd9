export interface Finding {
  readonly level: 'ok' | 'warning' | 'fault';
  readonly what: string;
  readonly detail: string;
}
