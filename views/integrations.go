package views

// IntegrationsPage lists the integrations.
type IntegrationsPage struct {
	Connection Connection
	Mapped     int  // organizations mapped to agreements
	Provider   bool // the NordPass Provider API is connected
}
