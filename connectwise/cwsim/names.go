package cwsim

import "math/rand/v2"

// Invented words for company names. No real company or person is meant.
var (
	firstWords = []string{
		"Quillfern", "Umberlake", "Brackenholt", "Silverthistle", "Marlowick", "Fennbridge", "Oakenmere", "Plumvale", "Tarnwick",
		"Hazelcombe", "Wrenfield", "Duskharbor", "Copperleigh", "Larkmoor", "Nettlebrook", "Pinehollow", "Thornbury Vale",
		"Ashgrove Hill", "Willowmarch", "Stonequay", "Briarcliffe", "Coldwater Bend", "Foxglen", "Greywether", "Harrowby Lane",
		"Inkwell", "Juniper Row", "Kestrelton", "Lanternfield", "Mossgate", "Northwillow", "Otterburn Mill", "Pebbleford",
		"Quarrystone", "Rookhaven", "Saltmarsh", "Tidewick", "Underhill Park", "Velvet Fern", "Winterbourne Ash", "Yarrowdale",
		"Zephyr Point", "Amberwick", "Bluethorn", "Cinderford Row", "Driftmere", "Elderwick", "Flintmoor", "Goldenrod Way",
		"Heatherstow",
	}
	secondWords = []string{
		"Dental", "Logistics", "Architects", "Accounting", "Veterinary", "Print Works", "Law Offices", "Insurance", "Bakery", "Orthopedics",
		"Machining", "Realty", "Brewing", "Furniture", "Optical", "Engineering", "Travel", "Pharmacy", "Roofing", "Catering",
		"Electric", "Landscaping", "Textiles", "Freight", "Press", "Surveyors", "Physio", "Motors", "Ceramics", "Nursery",
		"Plumbing", "Media", "Credit Union", "Academy", "Foods", "Studios", "Packaging", "Marine", "Glassworks", "Hospitality",
	}
	suffixes = []string{"", " LLC", " Group", " Inc.", " & Co.", " Partners"}

	towns = []string{"Hollow Pine", "Little Fenwick", "Maple Ferry", "Oldcastle Bay", "Stillwater Cross"}
)

// companyNames deals n different names (as long as there are that many), shuffled by chance.
func companyNames(r *rand.Rand, n int) []string {
	pairs := len(firstWords) * len(secondWords)
	order := r.Perm(pairs)
	names := make([]string, n)
	for i := range names {
		p := order[i%pairs]
		suffix := suffixes[(p+i/pairs)%len(suffixes)]
		names[i] = firstWords[p%len(firstWords)] + " " + secondWords[p/len(firstWords)] + suffix
	}
	return names
}
