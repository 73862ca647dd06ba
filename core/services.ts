/** What is published at an address of its own: two frames for each message, its topic and its body as JSON. */
export interface Publication {
  /** The address as clients need it. */
  readonly endpoint: string;
  /** Whether anybody listens to topics that begin with this, or to some of them. */
  isWanted(topic: string): boolean;
  /** Never waits, never throws: what a subscriber can't take is dropped for it. */
  publish(topic: string, body: object): void;
}

/** The service `publications` of the control plugin. */
export interface Publications {
  /**
   * Opens the statistics endpoint, which `globaloptions` tells from then on; whoever opened it closes it.
   *
   * @param endpoint ZeroMQ address; beside the control endpoint where it is null
   * @throws RM_ENDPOINT_BIND
   */
  openStats(endpoint: string | null): Promise<Publication & { close(): Promise<void> }>;
}
