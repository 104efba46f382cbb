// Copyright The banger authors
// SPDX-License-Identifier: Apache-2.0
package dev.banger.settings;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.AttributeDefinition;
import org.osgi.service.metatype.MetaTypeInformation;
import org.osgi.service.metatype.MetaTypeService;
import org.osgi.service.metatype.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The configurations of the bundles that build on banger's API. What else the host has is the
 * host's.
 */
@Component(service = Definitions.class)
public final class MetaTypeDefinitions implements Definitions {
  private static final Logger LOG = LoggerFactory.getLogger(MetaTypeDefinitions.class);
  private static final String API = "dev.banger.";
  private static final String COMPONENTS = "Service-Component";

  private static final Map<Integer, Attribute.Type> TYPES =
      Map.of(
          AttributeDefinition.STRING, Attribute.Type.STRING,
          AttributeDefinition.LONG, Attribute.Type.LONG,
          AttributeDefinition.INTEGER, Attribute.Type.INTEGER,
          AttributeDefinition.SHORT, Attribute.Type.SHORT,
          AttributeDefinition.CHARACTER, Attribute.Type.CHARACTER,
          AttributeDefinition.BYTE, Attribute.Type.BYTE,
          AttributeDefinition.DOUBLE, Attribute.Type.DOUBLE,
          AttributeDefinition.FLOAT, Attribute.Type.FLOAT,
          AttributeDefinition.BOOLEAN, Attribute.Type.BOOLEAN,
          AttributeDefinition.PASSWORD, Attribute.Type.PASSWORD);

  private final BundleContext context;
  private final MetaTypeService metaType;

  @Activate
  public MetaTypeDefinitions(BundleContext context, @Reference MetaTypeService metaType) {
    this.context = context;
    this.metaType = metaType;
  }

  @Override
  public List<Definition> all() {
    List<Definition> definitions = new ArrayList<>();
    for (Bundle bundle : context.getBundles()) {
      if (buildsOnBanger(bundle)) {
        definitions.addAll(of(bundle));
      }
    }
    definitions.sort(Comparator.comparing(Definition::pid));
    return definitions;
  }

  /**
   * A bundle that describes itself wrongly has no part in the configuration, and harms no other.
   */
  private List<Definition> of(Bundle bundle) {
    try {
      List<Definition> definitions = new ArrayList<>();
      MetaTypeInformation information = metaType.getMetaTypeInformation(bundle);
      for (String pid : information.getPids()) {
        definitions.add(definition(pid, information.getObjectClassDefinition(pid, null)));
      }
      return definitions;
    } catch (RuntimeException | LinkageError e) {
      LOG.warn("The metatype of {} cannot be read", bundle.getSymbolicName(), e);
      return List.of();
    }
  }

  private static boolean buildsOnBanger(Bundle bundle) {
    if ((bundle.getState() & (Bundle.INSTALLED | Bundle.UNINSTALLED)) != 0) {
      return false;
    }
    String imports = bundle.getHeaders("").get(Constants.IMPORT_PACKAGE);
    return bundle.getHeaders("").get(COMPONENTS) != null
        && imports != null
        && imports.contains(API);
  }

  private static Definition definition(String pid, ObjectClassDefinition described) {
    List<Attribute> attributes = new ArrayList<>();
    AttributeDefinition[] all = described.getAttributeDefinitions(ObjectClassDefinition.ALL);
    for (AttributeDefinition each : all == null ? new AttributeDefinition[0] : all) {
      attributes.add(attribute(each));
    }
    return new Definition(pid, attributes);
  }

  private static Attribute attribute(AttributeDefinition described) {
    String[] defaults = described.getDefaultValue();
    String[] options = described.getOptionValues();
    Attribute.Type type =
        described.getCardinality() == 0
            ? TYPES.getOrDefault(described.getType(), Attribute.Type.STRING)
            : Attribute.Type.STRING;
    return new Attribute(
        described.getID(),
        type,
        defaults == null ? "" : String.join(",", defaults),
        options == null || described.getCardinality() != 0 ? List.of() : List.of(options),
        Optional.ofNullable(described.getDescription()).orElse(""),
        value -> fits(described, type, value),
        described.getCardinality() != 0);
  }

  private static boolean fits(AttributeDefinition described, Attribute.Type type, String value) {
    if (value.isEmpty() && type == Attribute.Type.STRING) {
      return true; // "missing", to the metatype
    }
    String objection = described.validate(value);
    return objection == null || objection.isEmpty();
  }
}
