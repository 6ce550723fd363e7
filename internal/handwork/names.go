package handwork

// Invented words for the names of customers. No real company is meant. Each family occurs with several trades, so that names are near
// one another.
var (
	families = []string{
		"Alderwick", "Bramhollow", "Cragfern", "Dunmarrow", "Eastlow", "Farrowgate", "Glimmerford", "Hartsedge", "Ivelcombe", "Jasperly",
		"Kelmoor", "Loxwood End", "Merrowdale", "Nantwyn", "Orrinshaw", "Pikestead", "Quenby", "Rothwick", "Sallowbrook", "Tansley Cross",
		"Ulverholt", "Varnham", "Wexcombe", "Yelvertoft",
	}
	trades = []string{
		"Dental Care", "Freight", "Law", "Timber", "Optics", "Hospice", "Bakery", "Surveyors", "Machining", "Veterinary", "Printing",
		"Insurance", "Brewery", "Glassworks", "Academy", "Roofing", "Credit Union", "Nurseries", "Motors", "Ceramics",
	}
)
