package identity

import "strings"

// adjectives and animals make pseudonyms. They are chosen to be kind in every pairing: nothing about bodies, minds,
// colours of skin, age, money or faith, and no animal that is an insult in a language Laurel speaks. Changing a list
// changes pseudonyms, so words are only ever added with a reason.
var (
	adjectives = strings.Fields(`
		Able Agile Airy Alert Amber Apt Arctic Autumn Azure Balmy Bold Brave Breezy Bright Brisk Calm
		Careful Cheery Chipper Civil Clear Clever Cloudy Coastal Copper Coral Cosmic Cosy Crafty Crisp Curious Dapper
		Daring Dashing Dawn Deft Dewy Eager Early Earnest Eastern Easy Elated Elegant Emerald Epic Exact Fair
		Famous Fancy Festive Fleet Floral Fluent Fond Forest Frank Fresh Friendly Frosty Gallant Gentle Genuine Gifted
		Glad Gleaming Glowing Golden Graceful Grand Handy Happy Hardy Hearty Honest Hopeful Humble Icy Ideal Indigo
		Island Ivory Jade Jolly Jovial Joyful Keen Kind Lively Loyal Lucid Lucky Lunar Maple Marble Mellow
		Merry Mighty Misty Modest Mossy Nimble Noble Northern Opal Patient Peaceful Placid Playful Polar Polite Prime
		Quick Quiet Radiant Rapid Ready River Royal Ruby Rustic Sandy Serene Silver Sincere Snowy Solar Southern`)
	animals = strings.Fields(`
		Albatross Alpaca Antelope Avocet Badger Bear Beaver Bee Bison Bittern Bobcat Bunting Butterfly Camel Caracal Cardinal
		Caribou Cheetah Chickadee Chinchilla Chipmunk Cicada Civet Condor Cormorant Coyote Crane Cricket Curlew Deer Dingo Dipper
		Dolphin Dormouse Dove Dragonfly Dunlin Eagle Egret Eland Elk Ermine Falcon Fawn Finch Firefly Flamingo Fox
		Gazelle Gecko Gibbon Giraffe Goldfinch Gopher Grebe Grouse Hare Harrier Hawk Hedgehog Heron Hoopoe Hornbill Hummingbird
		Ibex Ibis Iguana Impala Jackdaw Jaguar Jay Jerboa Kestrel Kingfisher Kite Kiwi Koala Kudu Lapwing Lark
		Lemur Leopard Lion Llama Lynx Macaw Magpie Manatee Marlin Marmot Marten Martin Meerkat Merlin Mink Moose
		Nightjar Nuthatch Ocelot Okapi Oriole Oryx Osprey Otter Owl Panda Pangolin Panther Parrot Partridge Peacock Pelican
		Penguin Petrel Pheasant Pika Plover Puffin Puma Quail Raven Robin Salmon Seal Sparrow Squirrel Stork Swallow`)
)
