#+ title: What a number is a part of, or relative to, is the thing itself
#+ meaning: >
#+   cg:breakdown names the part that is counted: a place, a kind of member, a theme, or a code where there is no such thing. The
#+   whole of a share and the territory of a rank are named by cg:relativeTo, a time by cg:period. A place that was the breakdown
#+   of a share or a rank is what it is relative to, else the part. "National" is the country of the subject, where that is
#+   known. The places world, EU28, Metropolitan France and Atlantic Ocean are described in data/reference/places.trig.
#+ terms:
#+   breakdown:2000-2012: [period:2000-2012]
#+   breakdown:3-years-after-end-of-project: [period:3-years-after-end-of-project]
#+   breakdown:4-0-industry-in-plastics-and-composites: [theme:4-0-industry-in-plastics-and-composites]
#+   breakdown:atlantic: [cg:breakdown]
#+   breakdown:austria: [country:AUT]
#+   breakdown:automotive-engineering-industry-and-its-supplier-network: [theme:automotive-engineering-industry-and-its-supplier-network]
#+   breakdown:auvergne-rhone-alpes-chair: [nuts:FRK]
#+   breakdown:average-national-gdp-per-capita: [cg:relativeTo]
#+   breakdown:businesses: [member-kind:businesses]
#+   breakdown:catalan-sector-turnover: [nuts:ES51]
#+   breakdown:communities-from-portugal-in-france: [country:FRA]
#+   breakdown:companies-in-the-region: [member-kind:companies-in-the-region]
#+   breakdown:electrical-industry: [theme:electrical-industry]
#+   breakdown:eu28-average: [cg:relativeTo]
#+   breakdown:europe: [cg:relativeTo]
#+   breakdown:european-gdp: [cg:relativeTo]
#+   breakdown:france: [country:FRA]
#+   breakdown:french-population: [country:FRA]
#+   breakdown:germany: [country:DEU]
#+   breakdown:high-tech-sector: [theme:high-tech]
#+   breakdown:ict-sector: [theme:ict-sector]
#+   breakdown:in-brazil: [country:BRA]
#+   breakdown:in-catalonia: [nuts:ES51]
#+   breakdown:italian-manufacturing-regions: [country:ITA]
#+   breakdown:italian-regions: [country:ITA]
#+   breakdown:italy: [country:ITA]
#+   breakdown:land-border-with-spain: [country:ESP]
#+   breakdown:last-17-years: [period:last-17-years]
#+   breakdown:manufacturing: [theme:manufacturing]
#+   breakdown:manufacturing-industry: [theme:manufacturing-industry]
#+   breakdown:mechanical-and-plant-engineering: [theme:mechanical-and-plant-engineering]
#+   breakdown:metal-industry: [theme:metal-industry]
#+   breakdown:metropolitan-territory: [cg:relativeTo]
#+   breakdown:national-average: [cg:relativeTo]
#+   breakdown:national-figure: [cg:relativeTo]
#+   breakdown:national-value-added: [cg:relativeTo]
#+   breakdown:per-year: [period:per-year]
#+   breakdown:plastic-and-composite-transformers: [member-kind:plastic-and-composite-transformers]
#+   breakdown:portugal: [country:PRT]
#+   breakdown:public-bodies: [member-kind:public-bodies]
#+   breakdown:r-d-collaborative-projects-since-2005: [breakdown:r-d-collaborative-projects, period:since-2005]
#+   breakdown:raw-material-manufacturers-and-distributors: [member-kind:raw-material-manufacturers-and-distributors]
#+   breakdown:regions-in-france: [country:FRA]
#+   breakdown:regions-of-italy: [country:ITA]
#+   breakdown:regions-of-portugal: [country:PRT]
#+   breakdown:regions-of-romania: [country:ROU]
#+   breakdown:services: [theme:services]
#+   breakdown:since-2005: [period:since-2005]
#+   breakdown:slovenia: [country:SVN]
#+   breakdown:software-distributors-and-engineering-experts: [member-kind:software-distributors-and-engineering-experts]
#+   breakdown:spain: [country:ESP]
#+   breakdown:spanish-gdp: [country:ESP]
#+   breakdown:spanish-international-trade: [country:ESP]
#+   breakdown:spanish-multinational-companies: [country:ESP]
#+   breakdown:technological-centers: [member-kind:technological-centers]
#+   breakdown:tertiary-sector: [theme:tertiary-sector]
#+   breakdown:textile-2020: [cg:breakdown]
#+   breakdown:total-area-of-the-country: [cg:relativeTo]
#+   breakdown:trade-associations: [member-kind:trade-associations]
#+   breakdown:training-centres: [member-kind:training-centres]
#+   breakdown:universities-and-r-d-centres: [member-kind:universities-and-r-d-centres]
#+   breakdown:worldwide: [cg:relativeTo]
PREFIX breakdown: <https://w3id.org/clustergraph/scheme/breakdown/>
PREFIX cg: <https://w3id.org/clustergraph/ontology/>
PREFIX country: <http://publications.europa.eu/resource/authority/country/>
PREFIX initiative: <https://w3id.org/clustergraph/id/initiative/>
PREFIX member-kind: <https://w3id.org/clustergraph/scheme/member-kind/>
PREFIX nuts: <http://data.europa.eu/nuts/code/>
PREFIX period: <https://w3id.org/clustergraph/scheme/period/>
PREFIX place: <https://w3id.org/clustergraph/id/place/>
PREFIX quantity-kind: <https://w3id.org/clustergraph/scheme/quantity-kind/>
PREFIX theme: <https://w3id.org/clustergraph/scheme/theme/>
DELETE { GRAPH ?graph { ?number cg:breakdown ?old } } INSERT { GRAPH ?graph { ?number ?property ?new } }
WHERE {
  VALUES (?old ?property ?new) {
    (breakdown:2000-2012 cg:period period:2000-2012)
    (breakdown:3-years-after-end-of-project cg:period period:3-years-after-end-of-project)
    (breakdown:4-0-industry-in-plastics-and-composites cg:breakdown theme:4-0-industry-in-plastics-and-composites)
    (breakdown:automotive-engineering-industry-and-its-supplier-network cg:breakdown theme:automotive-engineering-industry-and-its-supplier-network)
    (breakdown:businesses cg:breakdown member-kind:businesses)
    (breakdown:companies-in-the-region cg:breakdown member-kind:companies-in-the-region)
    (breakdown:electrical-industry cg:breakdown theme:electrical-industry)
    (breakdown:high-tech-sector cg:breakdown theme:high-tech)
    (breakdown:ict-sector cg:breakdown theme:ict-sector)
    (breakdown:last-17-years cg:period period:last-17-years)
    (breakdown:manufacturing cg:breakdown theme:manufacturing)
    (breakdown:manufacturing-industry cg:breakdown theme:manufacturing-industry)
    (breakdown:mechanical-and-plant-engineering cg:breakdown theme:mechanical-and-plant-engineering)
    (breakdown:metal-industry cg:breakdown theme:metal-industry)
    (breakdown:per-year cg:period period:per-year)
    (breakdown:plastic-and-composite-transformers cg:breakdown member-kind:plastic-and-composite-transformers)
    (breakdown:public-bodies cg:breakdown member-kind:public-bodies)
    (breakdown:r-d-collaborative-projects-since-2005 cg:breakdown breakdown:r-d-collaborative-projects)
    (breakdown:r-d-collaborative-projects-since-2005 cg:period period:since-2005)
    (breakdown:raw-material-manufacturers-and-distributors cg:breakdown member-kind:raw-material-manufacturers-and-distributors)
    (breakdown:services cg:breakdown theme:services)
    (breakdown:since-2005 cg:period period:since-2005)
    (breakdown:software-distributors-and-engineering-experts cg:breakdown member-kind:software-distributors-and-engineering-experts)
    (breakdown:technological-centers cg:breakdown member-kind:technological-centers)
    (breakdown:tertiary-sector cg:breakdown theme:tertiary-sector)
    (breakdown:textile-2020 cg:breakdown initiative:textile-2020)
    (breakdown:trade-associations cg:breakdown member-kind:trade-associations)
    (breakdown:training-centres cg:breakdown member-kind:training-centres)
    (breakdown:universities-and-r-d-centres cg:breakdown member-kind:universities-and-r-d-centres)
  }
  GRAPH ?graph { ?number cg:breakdown ?old }
} ;

DELETE { GRAPH ?graph { ?number cg:breakdown ?old } } INSERT { GRAPH ?graph { ?number ?property ?new } }
WHERE {
  VALUES (?old ?new) {
    (breakdown:atlantic place:atlantic-ocean)
    (breakdown:austria country:AUT)
    (breakdown:auvergne-rhone-alpes-chair nuts:FRK)
    (breakdown:catalan-sector-turnover nuts:ES51)
    (breakdown:communities-from-portugal-in-france country:FRA)
    (breakdown:eu28-average place:eu28)
    (breakdown:europe place:europe)
    (breakdown:european-gdp place:europe)
    (breakdown:france country:FRA)
    (breakdown:french-population country:FRA)
    (breakdown:germany country:DEU)
    (breakdown:in-brazil country:BRA)
    (breakdown:in-catalonia nuts:ES51)
    (breakdown:italian-manufacturing-regions country:ITA)
    (breakdown:italian-regions country:ITA)
    (breakdown:italy country:ITA)
    (breakdown:land-border-with-spain country:ESP)
    (breakdown:metropolitan-territory place:metropolitan-france)
    (breakdown:portugal country:PRT)
    (breakdown:regions-in-france country:FRA)
    (breakdown:regions-of-italy country:ITA)
    (breakdown:regions-of-portugal country:PRT)
    (breakdown:regions-of-romania country:ROU)
    (breakdown:slovenia country:SVN)
    (breakdown:spain country:ESP)
    (breakdown:spanish-gdp country:ESP)
    (breakdown:spanish-international-trade country:ESP)
    (breakdown:spanish-multinational-companies country:ESP)
    (breakdown:worldwide place:world)
  }
  GRAPH ?graph { ?number cg:breakdown ?old ; cg:measure ?measure }
  BIND(EXISTS { ?measure cg:quantityKind ?kind FILTER(?kind IN (quantity-kind:rank, quantity-kind:ratio)) } AS ?relative)
  BIND(IF(?relative, cg:relativeTo, cg:breakdown) AS ?property)
} ;

DELETE { GRAPH ?graph { ?number cg:breakdown ?old } } INSERT { GRAPH ?graph { ?number cg:relativeTo ?country } }
WHERE {
  VALUES ?old {
    breakdown:average-national-gdp-per-capita
    breakdown:national-average
    breakdown:national-figure
    breakdown:national-value-added
    breakdown:total-area-of-the-country
  }
  GRAPH ?graph { ?number cg:breakdown ?old ; cg:subject ?subject }
  GRAPH ?regions { ?subject cg:within+ ?country }
  GRAPH ?countries { ?country a cg:Country }
}
